export { servePrices as GET } from '../../../../../features/prices/prices-json.ts'
