import { z } from 'zod';
import { access } from './access-schema.ts';
import { httpUrl } from './security-values.ts';
import { byteSize, duration, flag, headerName, headerValue, integer, oneOf, section, text } from './values.ts';

/** `graphql.persisted` and `graphql.batching` of `gateway.yaml`. */

const writtenByGateway = 'the gateway writes it itself';
const refusedManifestHeaders = {
  host: 'it follows from the URL',
  'if-none-match': writtenByGateway,
  'accept-encoding': writtenByGateway,
};

const remoteManifest = section({
  url: httpUrl('a manifest').describe('URL of a manifest'),
  headers: z
    .record(headerName(refusedManifestHeaders), headerValue('a text'), {
      error: 'expected a mapping of header names to values',
    })
    .default({})
    .describe('Request headers'),
  poll: duration().prefault('30s').describe('Time between two looks'),
  timeout: duration().prefault('5s').describe('Longest wait for the manifest'),
  maxSize: byteSize().prefault('16MiB').describe('Largest manifest'),
});

const manifestError = 'expected the path of a manifest, or a mapping with its url';
const manifestFile = text('the path of a manifest').refine((value) => !/^https?:/i.test(value), {
  error: 'expected the path of a manifest; a URL is written { url: https://... }',
});

const automatic = section({
  maxSize: byteSize().prefault('16MiB').describe('All texts that are kept in memory'),
  maxAge: duration().prefault('24h').describe('How long Redis keeps a text'),
});

const trusted = section({
  mode: oneOf(['off', 'log', 'enforce'])
    .default('enforce')
    .describe('Documents that are in no manifest: served (off), served and told in the log (log), refused (enforce)'),
  manifests: z
    .array(z.union([manifestFile, remoteManifest], { error: manifestError }), {
      error: 'expected a list of manifests',
    })
    .min(1, { error: 'expected one manifest at least' })
    .describe('Files (relative to this one, watched) and URLs (polled) of manifests: Apollo, Relay or plain'),
  bypass: access('no "bypass" for nobody').optional().describe('Callers who may send any document'),
});

export const persisted = section({
  automatic: z
    .union([flag(), automatic], { error: 'expected true, false or a mapping with the keys maxSize, maxAge' })
    .default(false)
    .describe('Automatic persisted queries: clients register texts by their SHA-256'),
  trusted: trusted.optional().describe('Documents that are known beforehand, by their ids'),
});

export const batching = section({
  max: integer(1, 1000).describe('Most operations of one request'),
});
