import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Member')

export { MemberPage as default } from '../../../../features/members/member-page.tsx'
