export const metadata = { title: 'Formats' }

export { FormatsPage as default } from '../../../../features/docs/formats-page.tsx'
