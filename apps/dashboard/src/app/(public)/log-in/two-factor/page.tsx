export const metadata = { title: 'Two-factor authentication' }

export { TwoFactorPage as default } from '../../../../features/sign-in/two-factor-page.tsx'
