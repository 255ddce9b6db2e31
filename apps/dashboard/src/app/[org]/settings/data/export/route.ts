export { downloadExport as POST } from '../../../../../features/data/export.ts'
