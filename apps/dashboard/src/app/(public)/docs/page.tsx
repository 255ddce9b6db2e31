export const metadata = { title: 'Quickstart' }

export { QuickstartPage as default } from '../../../features/docs/quickstart-page.tsx'
