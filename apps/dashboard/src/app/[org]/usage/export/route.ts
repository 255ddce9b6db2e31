export { downloadUsage as GET } from '../../../../features/usage/export/download.ts'
