export const metadata = { title: 'Errors' }

export { ErrorsPage as default } from '../../../../features/docs/errors-page.tsx'
