import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Requests')

export { RequestsPage as default } from '../../../../features/requests/list-page.tsx'
