export { OrganizationShell as default } from '../../shell/organization-shell.tsx'
