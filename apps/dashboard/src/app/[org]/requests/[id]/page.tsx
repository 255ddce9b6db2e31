export {
  RequestPage as default,
  requestMetadata as generateMetadata,
} from '../../../../features/requests/detail-page.tsx'
