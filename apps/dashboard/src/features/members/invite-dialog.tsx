'use client'

import { UserPlus } from 'lucide-react'
import { useActionState, useState } from 'react'
import { TEAM_ROLES, type Role } from '@atpar/core/permissions'
import { ROLE_HINTS, ROLE_LABELS, TEAM_ROLE_LABELS } from '../../organization/role-labels.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextAreaField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { inviteMembersAction, type InviteState } from './actions.ts'
import { parseAddresses } from './parse-addresses.ts'

interface InviteDialogProps {
  readonly orgSlug: string
  readonly teams: readonly { readonly teamId: string; readonly name: string }[]
  /** Those the inviter may give, the usual one first. */
  readonly roles: readonly Role[]
}

const people = (count: number) => (count === 1 ? '1 person' : `${count} people`)

const Sent = ({
  result,
  onDone,
}: {
  readonly result: NonNullable<InviteState['result']>
  readonly onDone: () => void
}) => (
  <div className="space-y-4">
    {result.invited.length > 0 && (
      <Banner tone="good">
        Invited {people(result.invited.length)}. Each mail carries a link for that address, good for seven days.
      </Banner>
    )}
    {result.alreadyMembers.length > 0 && (
      <Banner tone="info">Already here, and not invited again: {result.alreadyMembers.join(', ')}.</Banner>
    )}
    <div className="flex justify-end">
      <Button onClick={onDone}>Done</Button>
    </div>
  </div>
)

const TeamFields = ({
  teams,
  error,
}: {
  readonly teams: InviteDialogProps['teams']
  readonly error: string | undefined
}) => {
  const [teamId, setTeamId] = useState('')
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Team"
        name="teamId"
        optional
        value={teamId}
        onChange={(event) => setTeamId(event.target.value)}
        error={error}
      >
        <option value="">No team yet</option>
        {teams.map((team) => (
          <option key={team.teamId} value={team.teamId}>
            {team.name}
          </option>
        ))}
      </SelectField>
      <SelectField label="Role in the team" name="teamRole" disabled={teamId === ''} defaultValue="developer">
        {TEAM_ROLES.toReversed().map((role) => (
          <option key={role} value={role}>
            {TEAM_ROLE_LABELS[role]}
          </option>
        ))}
      </SelectField>
    </div>
  )
}

const InviteForm = ({ orgSlug, teams, roles, onDone }: InviteDialogProps & { readonly onDone: () => void }) => {
  const [state, submit] = useActionState<InviteState, FormData>(inviteMembersAction.bind(null, orgSlug), IDLE)
  const [addresses, setAddresses] = useState('')
  const [role, setRole] = useState<Role>(roles[0] ?? 'developer')
  const count = parseAddresses(addresses).length
  if (state.result !== undefined) return <Sent result={state.result} onDone={onDone} />
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <TextAreaField
        label="E-mail addresses"
        name="emails"
        required
        rows={4}
        autoFocus
        spellCheck={false}
        placeholder={'ada@example.com\ngrace@example.com'}
        hint="One or many: paste a list, separated by lines, commas or spaces."
        value={addresses}
        onChange={(event) => setAddresses(event.target.value)}
        error={state.fields?.['emails']}
      />
      <SelectField
        label="Role"
        name="role"
        value={role}
        onChange={(event) => setRole(roles.find((candidate) => candidate === event.target.value) ?? role)}
        hint={ROLE_HINTS[role]}
        error={state.fields?.['role']}
      >
        {roles.map((candidate) => (
          <option key={candidate} value={candidate}>
            {ROLE_LABELS[candidate]}
          </option>
        ))}
      </SelectField>
      <TeamFields teams={teams} error={state.fields?.['teamId']} />
      <div className="flex justify-end gap-2 pt-1">
        <Button tone="secondary" onClick={onDone}>
          Cancel
        </Button>
        <SubmitButton pendingLabel="Inviting…">
          {count < 2 ? 'Send invitation' : `Send ${count} invitations`}
        </SubmitButton>
      </div>
    </form>
  )
}

export const InviteDialog = (props: InviteDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const close = () => setIsOpen(false)
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>
        <UserPlus aria-hidden /> Invite people
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title="Invite people">
        <InviteForm {...props} onDone={close} />
      </Dialog>
    </>
  )
}
