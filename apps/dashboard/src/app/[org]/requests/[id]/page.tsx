export const metadata = { title: 'Request' }

export { RequestPage as default } from '../../../../features/requests/detail-page.tsx'
