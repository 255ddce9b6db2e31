import { redirect } from 'next/navigation'
import { readOrganizations, requireUser } from '../../auth/guard.ts'

/** Where logging in leads: the first organization, or the making of one. */
export const HomeRedirect = async () => {
  const session = await requireUser()
  const [first] = await readOrganizations(session.userId)
  redirect(first === undefined ? '/new-organization' : `/${first.slug}`)
}
