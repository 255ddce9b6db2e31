export const metadata = { title: 'Proofs' }

export { OperatorProofsPage as default } from '../../../features/operator-accounts/proofs-page.tsx'
