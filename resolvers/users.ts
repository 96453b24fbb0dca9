import { rest } from 'weft';

const users = rest('users');

export const User = users.entity({
  key: 'id',
  one: users.get('/users/{id}'),
  many: users.get('/users', { query: { ids: '{keys}' }, items: 'items', by: 'user_id', max: 50 }),
  fields: { id: 'user_id', name: 'full_name', createdAt: 'created_at' },
});

export const Address = { postalCode: 'postal_code' };

export const Query = {
  user: User.one(),
  users: users.get('/users', { query: { status: '{status}', page: '{page}' } }),
};

export const Dashboard = { unreadCount: User.one({ id: 'userId' }).pick('unread_count') };

export const Mutation = {
  createUser: users.post('/users', { body: '{input}' }),
  updateUser: users.patch('/users/{id}', { body: '{input}' }),
};

// How the fields of inputs are called in the API.
export const CreateUserInput = { name: 'full_name' };
export const UpdateUserInput = { name: 'full_name' };
export const AddressInput = { postalCode: 'postal_code' };
