export const metadata = { title: 'Forgot password' }

export { ForgotPasswordPage as default } from '../../../../features/sign-in/request-link-pages.tsx'
