export const metadata = { title: 'Prices of a model' }

export { ModelPricesPage as default } from '../../../../features/prices/model-page.tsx'
