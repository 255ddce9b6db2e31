export { PublicShell as default } from '../../ui/public-shell.tsx'
