export const metadata = { title: 'Requests' }

export { RequestsPage as default } from '../../../../features/requests/list-page.tsx'
