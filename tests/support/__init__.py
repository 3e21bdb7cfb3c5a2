"""What the tests share: databases on both engines, and gateways that serve them."""
