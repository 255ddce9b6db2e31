import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Data')

export { DataPage as default } from '../../../../features/data/page.tsx'
