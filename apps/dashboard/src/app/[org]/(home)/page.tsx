import { titled } from '../../../auth/titled.ts'

export const generateMetadata = titled('Home')

export { HomePage as default } from '../../../features/home/page.tsx'
