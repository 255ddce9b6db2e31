export const metadata = { title: 'Set a new password', referrer: 'no-referrer', robots: { index: false } }

export { ResetPasswordPage as default } from '../../../../../features/sign-in/link-pages.tsx'
