export { handleAuth as GET, handleAuth as POST } from '../../../../auth/route-handler.ts'
