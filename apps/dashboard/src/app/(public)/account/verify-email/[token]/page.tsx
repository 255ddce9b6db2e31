export const metadata = { title: 'Confirm your address', referrer: 'no-referrer', robots: { index: false } }

export { VerifyEmailPage as default } from '../../../../../features/sign-in/link-pages.tsx'
