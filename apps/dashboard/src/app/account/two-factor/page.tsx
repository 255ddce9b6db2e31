export const metadata = { title: 'Second factor' }

export { TwoFactorSettingsPage as default } from '../../../features/account/two-factor-page.tsx'
