"""The quick carrier: MQTT 5 by the sans-I/O library mqtt5, straight on asyncio's transports."""
