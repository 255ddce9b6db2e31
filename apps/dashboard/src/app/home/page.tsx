export { HomeRedirect as default } from '../../features/onboarding/home-redirect.tsx'
