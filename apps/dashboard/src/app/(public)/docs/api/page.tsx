export const metadata = { title: 'Management API' }

export { ApiPage as default } from '../../../../features/docs/api-page.tsx'
