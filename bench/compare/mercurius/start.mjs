// Mercurius gateway: composes from what the upstreams say of themselves.
import mercuriusGateway from '@mercuriusjs/gateway';
import Fastify from 'fastify';

const { PORT, UPSTREAMS } = process.env;
const services = Object.entries(JSON.parse(UPSTREAMS)).map(([name, url]) => ({ name, url, mandatory: true }));
const app = Fastify();
app.register(mercuriusGateway, { gateway: { services }, graphiql: false });
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
