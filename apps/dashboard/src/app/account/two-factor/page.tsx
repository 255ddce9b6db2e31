export const metadata = { title: 'Two-factor authentication' }

export { TwoFactorSettingsPage as default } from '../../../features/account/two-factor-page.tsx'
