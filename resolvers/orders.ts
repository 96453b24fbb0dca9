import { reference, rest } from 'weft';
import { User as Customer } from './users.ts';

const orders = rest('orders');

export const Order = orders.entity({
  key: 'id',
  one: orders.get('/orders/{id}'),
  fields: { createdAt: 'created_at', total: 'total_cents', customer: Customer.reference({ id: 'customer_id' }) },
});

export const OrderLine = { unitPrice: 'unit_price', product: reference({ id: 'product_id' }) };

export const User = {
  orders: orders.get('/users/{id}/orders', { query: { limit: '{limit}' }, items: 'items' }),
};

export const Dashboard = {
  recentOrders: orders.get('/users/{userId}/orders', { query: { limit: '{first}' }, items: 'items' }),
};

export const Query = { order: Order.one() };

export const Mutation = { createOrder: orders.post('/orders', { body: '{input}' }) };

export const CreateOrderInput = { customerId: 'customer_id' };
export const OrderLineInput = { productId: 'product_id' };
