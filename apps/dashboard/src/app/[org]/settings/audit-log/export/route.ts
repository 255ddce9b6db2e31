export { downloadAudit as GET } from '../../../../../features/audit/export.ts'
