export const metadata = { title: 'Prices' }

export { ModelsPage as default } from '../../../features/models/page.tsx'
