import type { Metadata } from 'next'
import { requireOrganization } from './guard.ts'

/**
 * The title of a page below an organization, given only to its members: a title that is known before the organization is looked up would flash
 * on the 404 of some addresses and not of others, and so tell them apart.
 */
export const titled =
  (title: string) =>
  async ({ params }: { readonly params: Promise<{ readonly org: string }> }): Promise<Metadata> => {
    await requireOrganization((await params).org)
    return { title }
  }
