import type { Metadata } from 'next'

// The address holds the invitation's secret: no site it leads to may learn it.
export const metadata: Metadata = { title: 'Invitation', referrer: 'no-referrer', robots: { index: false } }

export { JoinPage as default } from '../../../../features/invitations/join-page.tsx'
