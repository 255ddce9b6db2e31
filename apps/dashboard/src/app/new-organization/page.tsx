export const metadata = { title: 'New organization' }

export { NewOrganizationPage as default } from '../../features/onboarding/new-organization-page.tsx'
