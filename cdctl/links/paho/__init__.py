"""The carrier for every broker: MQTT 3.1.1 and 5, TCP, TLS and WebSockets, by the library paho-mqtt."""
