import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Members')

export { MembersPage as default } from '../../../../features/members/list-page.tsx'
