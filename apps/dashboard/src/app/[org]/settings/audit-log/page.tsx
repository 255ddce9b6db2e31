import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Audit log')

export { AuditLogPage as default } from '../../../../features/audit/page.tsx'
