export const metadata = { title: 'Price proposals' }

export { OperatorPricesPage as default } from '../../../features/prices/operator-page.tsx'
