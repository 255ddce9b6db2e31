import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Team')

export { TeamPage as default } from '../../../../features/teams/team-page.tsx'
