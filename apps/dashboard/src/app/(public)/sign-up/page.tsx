export const metadata = { title: 'Sign up' }

export { SignUpPage as default } from '../../../features/sign-in/sign-up-page.tsx'
