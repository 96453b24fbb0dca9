import { testGroup, type Group } from '../../support/both-paths.ts';
import { access, alternatives, anonymous, guardedAnonymous, strict } from './table/access.ts';
import { addresses, proxies, sites } from './table/browsers.ts';
import { certificates, proxyCertificates, strangersCertificates } from './table/certificates.ts';
import { apiKeys, passwords, several } from './table/keys.ts';
import { revokedInFile, revokedInRedis } from './table/revocations.ts';
import { introspection, outages } from './table/servers.ts';
import { tokens } from './table/tokens.ts';

/**
 * One table for GraphQL and REST: each of its rows is asked by POST and GET of GraphQL and by a REST route, and must get
 * the same status, code, sentence and challenges there. What is refused calls no upstream, and is refused before its body
 * is read; what is let in looks the same to the upstream.
 */
const table: readonly Group[] = [
  ...[tokens, introspection, outages],
  ...[apiKeys, passwords, several],
  ...[certificates, proxyCertificates, strangersCertificates],
  ...[revokedInFile, revokedInRedis],
  ...[access, alternatives, anonymous, guardedAnonymous, strict],
  ...[proxies, addresses, sites],
];

for (const group of table) testGroup(group);
