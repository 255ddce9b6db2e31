export { serveAllPrices as GET } from '../../../features/prices/prices-json.ts'
