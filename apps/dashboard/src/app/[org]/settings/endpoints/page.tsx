import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Own endpoints')

export { CustomEndpointsPage as default } from '../../../../features/custom-endpoints/page.tsx'
