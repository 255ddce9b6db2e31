export const metadata = { title: 'Second factor' }

export { TwoFactorPage as default } from '../../../../features/sign-in/two-factor-page.tsx'
