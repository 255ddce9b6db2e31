export const metadata = { title: 'Choose your password', referrer: 'no-referrer', robots: { index: false } }

export { ConfirmSignUpPage as default } from '../../../../../features/sign-in/link-pages.tsx'
