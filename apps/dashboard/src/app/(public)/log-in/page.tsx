export const metadata = { title: 'Log in' }

export { LogInPage as default } from '../../../features/sign-in/log-in-page.tsx'
