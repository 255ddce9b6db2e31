export const metadata = { title: 'Support visits' }

export { OperatorPage as default } from '../../features/support/operator-page.tsx'
