import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Teams')

export { TeamsPage as default } from '../../../../features/teams/list-page.tsx'
