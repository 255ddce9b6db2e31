import type { Deps } from '../deps.ts'

interface RefusedRow {
  readonly credential_id: string
  readonly secret_version: number
  readonly label: string
  readonly preference: 'prefer' | 'only'
  readonly provider: string
  readonly slug: string
  readonly organization: string
  /** Owners and admins. */
  readonly emails: readonly string[]
}

/** Refused by a provider, still so, and nobody was told. */
const UNTOLD = `
  SELECT c.id AS credential_id, c.secret_version, c.label, c.preference, p.display_name AS provider, o.slug, o.name AS organization,
    coalesce((SELECT array_agg(u.email ORDER BY u.email) FROM membership m JOIN app_user u ON u.id = m.user_id AND u.deleted_at IS NULL
      WHERE m.org_id = c.org_id AND m.status = 'active' AND m.role IN ('owner', 'admin')), '{}') AS emails
  FROM credential_use s JOIN credential c ON c.org_id = s.org_id AND c.id = s.credential_id
  JOIN provider p ON p.id = c.provider_id JOIN organization o ON o.id = c.org_id
  WHERE c.status = 'refused' AND s.refused_at IS NOT NULL AND s.refusal_mailed_at IS NULL
  ORDER BY s.refused_at LIMIT 100`

const consequence = ({ preference, provider }: RefusedRow): string =>
  preference === 'only'
    ? `Calls to models of ${provider} are refused until the key is replaced, because this credential is set never to be replaced by Atpar's account.`
    : `Its calls go on over Atpar's account until the key is replaced: they cost list price, draw on your budgets and appear on your invoice.`

/** Tells owners and admins, once, that a provider no longer takes a key of theirs. The mails have names, so that a run which died before it noted them adds none twice. */
export const mailRefusedCredentials = async ({ pool, producer, dashboardUrl, log }: Deps): Promise<void> => {
  const { rows } = await pool.query<RefusedRow>(UNTOLD)
  for (const row of rows) {
    const text = `${row.provider} refused the key “${row.label}” of ${row.organization}, so no call goes out with it any more.

${consequence(row)}

Replace or test it: ${dashboardUrl}/${row.slug}/settings/credentials
`
    for (const [index, to] of row.emails.entries())
      await producer.add(
        'send-email',
        { to, subject: `${row.provider} refuses a key of ${row.organization}`, text },
        { jobId: `refused-${row.credential_id}-${row.secret_version}-${index}` },
      )
    await pool.query('UPDATE credential_use SET refusal_mailed_at = now() WHERE credential_id = $1', [
      row.credential_id,
    ])
    log.info('credential-refusal-mailed', { credentialId: row.credential_id, mails: row.emails.length })
  }
}
