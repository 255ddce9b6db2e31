export { SettingsShell as default } from '../../../shell/settings-shell.tsx'
