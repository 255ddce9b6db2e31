import { formatTotpSecret, totpUri } from '@atpar/crypto/totp'
import { withActor } from '@atpar/db/tenant'
import { countRecoveryCodes, findTotp } from '@atpar/db/two-factor'
import { requireUser } from '../../auth/guard.ts'
import { isRecent } from '../../auth/recent-auth.ts'
import { openTotpSecret } from '../../auth/second-factor.ts'
import { readDeps } from '../../deps.ts'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { CopyableId } from '../../ui/code-block.tsx'
import { BackLink } from '../../ui/back-link.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { AccountFrame } from './account-frame.tsx'
import { QrCode } from './qr-code.tsx'
import {
  ConfirmTwoFactorForm,
  DisableTwoFactorForm,
  ReplaceRecoveryCodesForm,
  StartTwoFactorForm,
} from './two-factor-forms.tsx'

const SetUp = ({ secret, email }: { readonly secret: Uint8Array; readonly email: string }) => (
  <Card title="Set up your authenticator app" detail="Scan this with the app, then type the code it shows.">
    <div className="flex flex-col gap-6 sm:flex-row">
      <div className="shrink-0 space-y-2">
        <QrCode text={totpUri(secret, email, 'Atpar')} label="QR code for your authenticator app" />
      </div>
      <div className="min-w-0 flex-1 space-y-5">
        <div>
          <p className="text-[13px] text-muted">No camera at hand? Type this secret:</p>
          <CopyableId id={formatTotpSecret(secret)} label="secret" />
        </div>
        <ConfirmTwoFactorForm />
      </div>
    </div>
  </Card>
)

const InForce = ({ confirmedAtMs, codesLeft }: { readonly confirmedAtMs: number; readonly codesLeft: number }) => (
  <>
    <Card
      title="Authenticator app"
      detail={
        <>
          On since <Time atMs={confirmedAtMs} style="day" />
        </>
      }
      action={<DisableTwoFactorForm />}
    >
      <p className="text-sm text-muted">
        Logging in asks for a code of your app, however you log in. Each code works once.
      </p>
    </Card>
    <Card title="Recovery codes" detail={`${codesLeft} of 10 left. Each lets you in once without your phone.`}>
      <ReplaceRecoveryCodesForm />
    </Card>
  </>
)

interface TwoFactorSettingsPageProps {
  readonly searchParams: Promise<{ required?: string | string[] }>
}

export const TwoFactorSettingsPage = async ({ searchParams }: TwoFactorSettingsPageProps) => {
  const session = await requireUser()
  const { required } = await searchParams
  const { totp, codesLeft } = await withActor(readDeps().db, session.userId, async (tx) => ({
    totp: await findTotp(tx, session.userId),
    codesLeft: await countRecoveryCodes(tx, session.userId),
  }))
  // Half set up and still who they were: others begin again, so that an open browser shows no secret.
  const secret =
    totp !== null && !totp.isConfirmed && isRecent(session.reauthenticatedAtMs)
      ? openTotpSecret(session.userId, totp.sealedSecret)
      : null
  return (
    <AccountFrame>
      <div>
        <BackLink href="/account">Account</BackLink>
        <PageHeader title="Two-factor authentication" />
      </div>
      {required !== undefined && totp?.isConfirmed !== true && (
        <Banner tone="warning">
          This organization lets its members in with two-factor authentication only. Set it up, then go back to it.
        </Banner>
      )}
      {totp?.confirmedAtMs != null && <InForce confirmedAtMs={totp.confirmedAtMs} codesLeft={codesLeft} />}
      {secret !== null && <SetUp secret={secret} email={session.email} />}
      {totp?.isConfirmed !== true && secret === null && (
        <Card title="Set it up">
          <div className="space-y-4">
            <p className="text-sm leading-relaxed text-muted">
              With it, a stolen password opens nothing: logging in also asks for six digits that only your phone knows.
              Any authenticator app will do.
            </p>
            <StartTwoFactorForm />
          </div>
        </Card>
      )}
    </AccountFrame>
  )
}
